"""The data sets that can be downloaded by name: facts as published, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

RESEARCH = "research; not commercial without permission; cite Harper and Konstan 2015"
"""What GroupLens asks of whoever uses a MovieLens data set (its README has the very words)."""
NOT_PASSED_ON = f"{RESEARCH}; not passed on without permission"
SHARED_ALIKE = f"{RESEARCH}; passed on under the same terms"


@dataclass(frozen=True)
class CatalogueEntry:
    """A data set that is published as a zip."""

    name: str
    url: str
    size: int
    """Bytes of the zip; of one that changes, about so many when it was last looked at."""
    checksum: str
    """`sha256:` or `md5:` and hexadecimal digits; empty for a file that its publisher changes."""
    n_ratings: int
    n_users: int
    n_items: int
    """Of its file of movies: some may have no rating."""
    holds: str
    """In a few words, what is in it."""
    licence: str

    @property
    def changes(self) -> bool:
        """Return whether the publisher replaces the file now and then."""
        return not self.checksum


def _movielens(
    name: str,
    size: int,
    checksum: str,
    counts: tuple[int, int, int],
    holds: str,
    licence: str = SHARED_ALIKE,
    *,
    file: str = "",
) -> CatalogueEntry:
    url = f"https://files.grouplens.org/datasets/movielens/{file or name}.zip"
    return CatalogueEntry(name, url, size, checksum, *counts, holds, licence)


_ENTRIES = (
    _movielens(
        "ml-100k",
        4_924_029,
        "sha256:50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        (100_000, 943, 1_682),
        "1 to 5 stars, 1997 to 1998",
        NOT_PASSED_ON,
    ),
    _movielens(
        "ml-latest-small-2018",
        978_202,
        "sha256:696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        (100_836, 610, 9_742),
        "half stars, 1996 to 2018",
        file="ml-latest-small",
    ),
    _movielens(
        "ml-1m",
        5_917_549,
        "sha256:a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        (1_000_209, 6_040, 3_883),
        "1 to 5 stars, from 2000 on",
        NOT_PASSED_ON,
    ),
    _movielens(
        "ml-10m",
        65_566_137,
        "sha256:813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
        (10_000_054, 69_878, 10_681),
        "half stars, 1995 to 2009",
        NOT_PASSED_ON,
    ),
    _movielens(
        "ml-20m",
        198_702_078,
        "sha256:96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        (20_000_263, 138_493, 27_278),
        "half stars, 1995 to 2015",
    ),
    _movielens(
        "ml-25m",
        261_978_986,
        "sha256:8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        (25_000_095, 162_541, 62_423),
        "half stars, 1995 to 2019",
    ),
    _movielens(
        "ml-32m",
        238_950_008,
        "sha256:e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
        (32_000_204, 200_948, 87_585),
        "half stars, 1995 to 2023",
    ),
    _movielens(
        "ml-latest",
        335_000_000,
        "",
        (33_832_162, 330_975, 86_537),
        "half stars; no checksum: it is replaced now and then",
    ),
)

CATALOGUE: Mapping[str, CatalogueEntry] = {entry.name: entry for entry in _ENTRIES}
"""Every data set by its name, the one with fewest ratings first."""
