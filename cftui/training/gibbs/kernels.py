"""The sampler's inner loops, compiled by numba; every random number comes from outside.

A factorization machine predicts w0 + sum x w + sum over factors of ((sum x v)^2 - sum x^2 v^2) / 2.
Given all else, each w and v is normal (Rendle 2012, "Factorization machines with libFM", section
3.3): with h the derivative of a prediction by it, its precision is that of its prior plus the sum
of noise precision times h^2. Features that a user has on all ratings alike are drawn from sums over
the user's ratings, and so are an item's (Rendle 2013, "Scaling factorization machines to relational
data"); the ratings themselves are gone through twice for all of these together.
"""

from typing import NamedTuple

import numpy as np

from cftui.training.gibbs.compiled import compiled

Array = np.ndarray


class RelationBlock(NamedTuple):
    """The features of users, or of items: columns of a sparse matrix with a row each."""

    row: Array
    """Which row each rating has, uint32, shape (n,)."""
    n_rows: int
    first: int
    """Place of the first column among all features."""
    indptr: Array
    """Shape (columns + 1,)."""
    rows: Array
    """uint32, shape (entries,); so `values`, float64."""
    values: Array


@compiled
def of_ratings(codes: Array, weights: Array) -> Array:
    """Return each rating's sum of the weights of its own features, shape (n,)."""
    found = np.zeros(codes.shape[1])
    for field in range(codes.shape[0]):
        for n in range(codes.shape[1]):
            found[n] += weights[codes[field, n]]
    return found


@compiled
def priors(
    first: Array, weights: Array, gammas: Array, normals: Array, means: Array, precisions: Array
) -> None:
    """Draw mean and precision of each field's weights, in place; `means`, `precisions` (fields,).

    Normal-gamma with all hyper-parameters 1 and mean 0, as in Freudenthaler et al. 2011, section 3.
    `first`: where each field begins, and the last ends; `gammas`: of shape (members + 2) / 2 each.
    """
    for field in range(len(first) - 1):
        total, squares = 0.0, 0.0
        for place in range(first[field], first[field + 1]):
            total += weights[place]
            squares += (weights[place] - means[field]) ** 2
        members = first[field + 1] - first[field]
        rate = 0.5 * (1.0 + squares + means[field] ** 2)
        precisions[field] = gammas[field] / rate
        spread = 1.0 / np.sqrt((members + 1.0) * precisions[field])
        means[field] = total / (members + 1.0) + spread * normals[field]


@compiled
def linear_of_side(
    side: RelationBlock,
    error: Array,
    noise: Array,
    weights: Array,
    mean: Array,
    precision: Array,
    z: Array,
) -> None:
    """Draw the linear weights of a side's features; `error` (n,) is kept up to date.

    `noise`: precision of each rating, (n,); `mean`, `precision`, `z`: of each feature.
    """
    errors, amounts = np.zeros(side.n_rows), np.zeros(side.n_rows)
    for n in range(len(error)):
        errors[side.row[n]] += noise[n] * error[n]
        amounts[side.row[n]] += noise[n]
    shifts = np.zeros(side.n_rows)
    for column in range(len(side.indptr) - 1):
        f = side.first + column
        top, bottom = 0.0, 0.0
        for place in range(side.indptr[column], side.indptr[column + 1]):
            row, x = side.rows[place], side.values[place]
            top += x * errors[row]
            bottom += x * x * amounts[row]
        change = _drawn(weights[f], top, bottom, mean[f], precision[f], z[f]) - weights[f]
        weights[f] += change
        for place in range(side.indptr[column], side.indptr[column + 1]):
            row, x = side.rows[place], side.values[place]
            errors[row] -= change * x * amounts[row]
            shifts[row] += change * x
    for n in range(len(error)):
        error[n] -= shifts[side.row[n]]


@compiled
def linear_of_ratings(
    codes: Array,
    first: Array,
    error: Array,
    noise: Array,
    weights: Array,
    mean: Array,
    precision: Array,
    z: Array,
) -> None:
    """Draw the linear weights of the ratings' own features, field by field.

    `codes`: (fields, n), places among all features; the place after the last stands for none.
    """
    top, bottom = np.zeros(len(weights)), np.zeros(len(weights))
    change = np.zeros(len(weights))
    for field in range(codes.shape[0]):
        of_field = codes[field]
        for n in range(len(error)):
            top[of_field[n]] += noise[n] * error[n]
            bottom[of_field[n]] += noise[n]
        for f in range(first[field], first[field + 1]):
            new = _drawn(weights[f], top[f], bottom[f], mean[f], precision[f], z[f])
            change[f] = new - weights[f]
            weights[f] = new
        for n in range(len(error)):
            error[n] -= change[of_field[n]]


@compiled
def factor(
    users: RelationBlock,
    items: RelationBlock,
    codes: Array,
    first: Array,
    error: Array,
    noise: Array,
    weights: Array,
    mean: Array,
    precision: Array,
    z: Array,
) -> None:
    """Draw one factor of all features, in place; `error` is kept up to date.

    `noise`: each user's precision; else as `linear_of_side` and `linear_of_ratings`.
    """
    of_users, of_items = _sums(users, weights), _sums(items, weights)
    total = of_ratings(codes, weights)  # of each rating, from everywhere but the side drawn
    user, item = users.row, items.row
    for n in range(len(error)):
        s = total[n] + of_items[item[n], OWN]
        row, weighted = of_users[user[n]], noise[user[n]] * error[n]
        row[0] += noise[user[n]]
        row[1] += noise[user[n]] * s
        row[2] += noise[user[n]] * s * s
        row[3] += weighted
        row[4] += weighted * s
    _factor_of_side(users, of_users, weights, mean, precision, z)
    for n in range(len(error)):
        of_user, row = of_users[user[n]], of_items[item[n]]
        error[n] -= of_user[5] + of_user[6] * (total[n] + row[OWN])
    for n in range(len(error)):
        of_user, row = of_users[user[n]], of_items[item[n]]
        total[n] += of_user[OWN]
        weighted = noise[user[n]] * total[n]
        row[0] += noise[user[n]]
        row[1] += weighted
        row[2] += weighted * total[n]
        row[3] += noise[user[n]] * error[n]
        row[4] += weighted * error[n]
    _factor_of_side(items, of_items, weights, mean, precision, z)
    for n in range(len(error)):
        row = of_items[item[n]]
        error[n] -= row[5] + row[6] * total[n]
        total[n] += row[OWN]
    _factor_of_ratings(users, codes, first, total, error, noise, weights, mean, precision, z)


OWN = 7
"""Where a row of `_sums` has what the side's own features give."""


@compiled
def _sums(side: RelationBlock, weights: Array) -> Array:
    """Return a row of eight numbers for each row of a side, all 0 but the last.

    Sums over its ratings of noise, noise s, noise s^2, noise error and noise error s, where s is
    what a rating's sum of the factor has from elsewhere; then a and b, where a + b s is what errors
    have become less; then what the side's own features give.
    """
    found = np.zeros((side.n_rows, 8))
    for column in range(len(side.indptr) - 1):
        weight = weights[side.first + column]
        for place in range(side.indptr[column], side.indptr[column + 1]):
            found[side.rows[place], OWN] += side.values[place] * weight
    return found


@compiled
def _factor_of_side(
    side: RelationBlock, sums: Array, weights: Array, mean: Array, precision: Array, z: Array
) -> None:
    """Draw one factor of a side's features from the sums of its rows, kept up to date."""
    for column in range(len(side.indptr) - 1):
        f = side.first + column
        weight, top, bottom = weights[f], 0.0, 0.0
        for place in range(side.indptr[column], side.indptr[column + 1]):
            row, x = sums[side.rows[place]], side.values[place]
            c = row[OWN] - x * weight
            top += x * (c * row[3] + row[4])
            bottom += x * x * (c * (c * row[0] + 2.0 * row[1]) + row[2])
        change = _drawn(weight, top, bottom, mean[f], precision[f], z[f]) - weight
        weights[f] = weight + change
        for place in range(side.indptr[column], side.indptr[column + 1]):
            row, x = sums[side.rows[place]], side.values[place]
            c, moved = row[OWN] - x * weight, change * x
            row[3] -= moved * (c * row[0] + row[1])
            row[4] -= moved * (c * row[1] + row[2])
            row[5] += moved * c
            row[6] += moved
            row[OWN] += moved


@compiled
def _factor_of_ratings(
    users: RelationBlock,
    codes: Array,
    first: Array,
    total: Array,
    error: Array,
    noise: Array,
    weights: Array,
    mean: Array,
    precision: Array,
    z: Array,
) -> None:
    """Draw one factor of the ratings' own features, field by field.

    `total`: each rating's whole sum of the factor, kept up to date as `error` is.
    """
    top, bottom = np.zeros(len(weights)), np.zeros(len(weights))
    change, before = np.zeros(len(weights)), weights.copy()
    for field in range(codes.shape[0]):
        of_field = codes[field]
        for n in range(len(error)):
            f = of_field[n]
            h = total[n] - before[f]
            weighted = noise[users.row[n]] * h
            top[f] += weighted * error[n]
            bottom[f] += weighted * h
        for f in range(first[field], first[field + 1]):
            new = _drawn(weights[f], top[f], bottom[f], mean[f], precision[f], z[f])
            change[f] = new - weights[f]
            weights[f] = new
        for n in range(len(error)):
            f = of_field[n]
            error[n] -= change[f] * (total[n] - before[f])
            total[n] += change[f]


@compiled
def _drawn(
    weight: float, top: float, bottom: float, mean: float, precision: float, z: float
) -> float:
    """Return a draw of a weight from its conditional; `bottom`: its precision from the data."""
    variance = 1.0 / (precision + bottom)
    drawn: float = (precision * mean + top + bottom * weight) * variance + z * np.sqrt(variance)
    return drawn


@compiled
def squares_by_user(user: Array, error: Array, n_users: int) -> Array:
    """Return the sum of each user's squared errors, shape (n_users,)."""
    found = np.zeros(n_users)
    for n in range(len(error)):
        found[user[n]] += error[n] * error[n]
    return found
