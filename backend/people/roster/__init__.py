"""The roster import: a school's spreadsheet read into pupils (`understand`), compared with the roll (`plan`), written (`apply`).

Reading is pure: no database, no clock, no settings. It reports whatever it is not sure of and never guesses in silence.
"""
