"""Table Storage: one repository per concern, over one small port."""
