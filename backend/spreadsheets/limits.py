"""How big a file may be. A province's largest school stays far below; beyond lies only accident and attack."""

from __future__ import annotations

FILE_BYTES_MAX = 20 * 1024 * 1024
UNPACKED_BYTES_MAX = 300 * 1024 * 1024
# XML compresses well, class lists about 1:10; a part of ten megabytes that shrank 200 times is no class list.
UNPACK_RATIO_MAX = 200
UNPACK_RATIO_FROM_BYTES = 10 * 1024 * 1024
SHEETS_MAX = 300
ROWS_MAX = 60_000
CELLS_MAX = 3_000_000
COLUMNS_MAX = 400
HEADER_ROWS_SEARCHED = 40
