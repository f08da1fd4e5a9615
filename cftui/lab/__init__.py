"""The lab: what an optimizer does, one step at a time, on a function that one can see."""
