"""LSNs as PostgreSQL writes them. Everywhere else they are numbers."""


def lsn_text(lsn: int) -> str:
    """Returns an LSN as PostgreSQL's functions print it: 0/1953528."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


# The same in SQL, and back.
MACROS = """
CREATE OR REPLACE MACRO lsn_text(lsn) AS printf('%X/%X', lsn >> 32, lsn & 4294967295);
CREATE OR REPLACE MACRO lsn(text) AS ('0x' || split_part(text, '/', 1))::BIGINT << 32 | ('0x' || split_part(text, '/', 2))::BIGINT;
-- The name of the segment that an LSN is in.
CREATE OR REPLACE MACRO segment_at(timeline, lsn, size) AS
    printf('%08X%08X%08X', timeline, (lsn // size) // (4294967296 // size), (lsn // size) % (4294967296 // size));
"""
