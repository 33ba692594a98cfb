"""A fleet's WAL: many machines read WAL, or pg_waldump's text of it, into one Parquet data set.

The work is cut by ``walstats ranges``: WAL into ranges of LSNs, dumps into ranges of bytes. A range
is a task that needs nothing of the others: :mod:`.wal_part` and :mod:`.part` write what is in one,
:mod:`.sums` adds it up. They know
no engine. :mod:`.scatter`, the only module that knows Ray, brings tasks to machines and their
results back; ``xargs -P`` and Slurm do as well.

:mod:`.manifest` says of every part what it has, and so whether all of them have everything:
:mod:`.clusters` of WAL, :mod:`.dumps` of dumps.
"""
