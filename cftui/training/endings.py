"""How training ends before its last epoch."""


class NonFiniteLoss(ArithmeticError):
    """The loss or a parameter is no longer a finite number."""


class StopTraining(Exception):
    """Raised by a wish or a signal; training ends with a checkpoint."""
