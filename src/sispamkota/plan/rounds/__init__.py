"""Which polling stations one pair goes round, in the time that it has."""
