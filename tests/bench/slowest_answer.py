"""How long the slowest of very many answers takes, in a process of its own: what the benchmark does
meanwhile must not count.

    python tests/bench/slowest_answer.py PORT PATH    prints a line once it has begun, and the
    milliseconds of the slowest once its input ends
"""

import sys
import threading
import time
from contextlib import closing

from servers import Client


def main(port: int, path: str) -> None:
    """Ask again and again until the input ends."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    longest_s = 0.0
    with closing(Client(port)) as client:
        client.ask("GET", path)
        print("asking", flush=True)
        while not ended.wait(0.001):
            began_s = time.perf_counter()
            client.ask("HEAD", path)
            longest_s = max(longest_s, time.perf_counter() - began_s)
    print(1000 * longest_s)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
