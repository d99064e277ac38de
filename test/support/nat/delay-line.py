"""Holds every packet of the tun device "delay" back for a number of milliseconds (the kernel may lack netem; Node cannot open a tun device)."""
import collections, fcntl, os, selectors, struct, sys, time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

delay = float(sys.argv[1]) / 1000
tun = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH', b'delay', IFF_TUN | IFF_NO_PI))
print('ready', flush=True)

waiting = collections.deque()
selector = selectors.DefaultSelector()
selector.register(tun, selectors.EVENT_READ)
while True:
    timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if selector.select(timeout):
        for _ in range(64):
            try:
                waiting.append((time.monotonic() + delay, os.read(tun, 65536)))
            except OSError:
                break
    while waiting and waiting[0][0] <= time.monotonic():
        try:
            os.write(tun, waiting.popleft()[1])
        except OSError:
            pass
