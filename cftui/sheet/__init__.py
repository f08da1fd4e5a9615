"""The lesson's spreadsheets, alive."""
