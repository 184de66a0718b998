"""Bank statements, station by station: file → grids or messages → lines → keys and totals → books. It knows no bill."""
