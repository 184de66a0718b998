"""Spreadsheets as schools and banks really have them: bytes to grids of cells, whatever the name says. It knows no field and no list."""
