"""The month in the genitive, hours that go to 24, and no line end between the parts of a date.

Numbers are grouped by no-break spaces with a decimal comma: Django and browsers agree on that.
"""

DATE_FORMAT = "j\N{NO-BREAK SPACE}E Y\N{NO-BREAK SPACE}г."
TIME_FORMAT = "H:i"
DATETIME_FORMAT = f"{DATE_FORMAT}, H:i"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
YEAR_MONTH_FORMAT = "F Y\N{NO-BREAK SPACE}г."
MONTH_DAY_FORMAT = "j\N{NO-BREAK SPACE}E"
