"""A Bayesian factorization machine by Gibbs sampling; one kernel a conditional distribution."""
