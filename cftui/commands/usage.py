"""What `cftui --help` says."""

USAGE = """\
cftui [DATA]            open the explorer (DATA: the path of a ratings file, or a name that
                        cftui data list shows, such as ml-latest-small)
cftui COMMAND --help    train, evaluate, runs, data, predict, recommend, you, similar, audience,
                        map, crosstab, lab: the same from the shell
cftui recipes           settings by name for train --recipe, and what each reaches
cftui tour              the lesson in a few stops inside the explorer; tour --help
cftui config            your own settings: keys, theme, defaults
cftui completion SHELL  what makes bash, zsh or fish complete these words
cftui man               all of this as a manual page: cftui man | man -l -
cftui doctor            look at this machine, and check what its devices compute

A file that is called like a command is opened as ./train.
"""
