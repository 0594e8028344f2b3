"""Runs a program and writes what it used to a file: exit status, seconds of CPU, KiB at the peak.

    usage.py FILE MOST COMMAND…

A process of its own and a small one: what a process needs at its peak counts from before it becomes another program, so
that a child of the measuring program, which holds the values of many hosts, would seem to need as much as that.
COMMAND and all its children are killed when they have used MOST seconds of CPU together; 0 is no bound.
"""

import contextlib
import os
import pathlib
import signal
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the program's name: the parent, and the times of a process and of children it waited for.
PARENT, TIMES = 1, slice(11, 15)


def family(first):
    """The process and all below it, each with its seconds of CPU. Ansible's workers have sessions of their own."""
    seen = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        seen[int(stat.parent.name)] = int(fields[PARENT]), sum(map(int, fields[TIMES])) / TICKS
    found, more = {}, {first}
    while more:
        found |= {pid: seen[pid][1] for pid in more if pid in seen}
        more = {pid for pid, (parent, _) in seen.items() if parent in more}
    return found


file, most, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
# Without a copy of this process, whose making would count as the program's.
pid = os.posix_spawnp(command[0], command, os.environ)
# Its children count as soon as it has waited for them, as both programs do.
while True:
    done, status, usage = os.wait4(pid, os.WNOHANG if most else 0)
    if done:
        break
    own = family(pid)
    if sum(own.values()) > most:
        for one in own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
    time.sleep(1)
pathlib.Path(file).write_text(f"{os.waitstatus_to_exitcode(status)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
