"""gunicorn's settings for production: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""

import gc

bind = "127.0.0.1:8000"  # nginx stands in front
workers = 3  # twice the cores, less one: sessions and limits live in the database
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30  # what is in flight at a stop is answered first
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 8190
forwarded_allow_ips = "127.0.0.1"
control_socket_disable = True
accesslog = None  # the tracker writes a line for each request itself, without the question asked


def post_worker_init(worker: object) -> None:
    """Take the program itself, which stays for ever, out of the garbage collector's rounds, and make them rarer.

    A request makes some ten thousand objects and drops nearly all of them at once by their reference counts; looking
    through all of the program again and again took up to a quarter of a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
