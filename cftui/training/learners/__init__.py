"""Learners: what a trainer drives, one file a method of training."""
