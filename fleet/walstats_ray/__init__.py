"""A fleet's WAL: many machines read dumps of pg_waldump into one Parquet data set.

The work is cut into ranges of bytes by ``walstats ranges``. A range is a task that needs
nothing of the others: :mod:`.part` writes what is in one, :mod:`.sums` adds it up. They know
no engine. :mod:`.scatter`, the only module that knows Ray, brings tasks to machines and their
results back; ``xargs -P`` and Slurm do as well.

:mod:`.manifest` says of every part what it has, and so whether all of them have everything.
"""
