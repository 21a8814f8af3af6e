"""gunicorn's settings for production: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""

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
