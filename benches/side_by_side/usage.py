"""Runs a program and writes what it used to a file: exit status, seconds of CPU, KiB at the peak.

    usage.py FILE COMMAND…

A process of its own and a small one: what a process needs at its peak counts from before it becomes another program, so
that a child of the measuring program, which holds the values of many hosts, would seem to need as much as that.
"""

import os
import sys

pid = os.fork()
if pid == 0:
    os.execvpe(sys.argv[2], sys.argv[2:], os.environ)
# Its children count as soon as it has waited for them, as both programs do.
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
