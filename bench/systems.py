"""The proxies that are compared, each with the same features and one event loop."""
import os
import pathlib
import re
import subprocess

# The same for all: kept upstream connections, and a rate limit that is on but never limits.
KEEP = 256
RATE = 1_000_000


# Of nginx the least that HolySheep Proxy compresses, and its level.
NGINX_GZIP = ("gzip on; gzip_types application/json; gzip_proxied any; gzip_vary on; "
              "gzip_min_length 1024; gzip_comp_level 1;")


class Nginx:
    def __init__(self, _options, gzip=False, buffered=False, cache=False):
        self.name = "nginx, buffering" if buffered else "nginx"
        self.cache = cache
        self.gzip = NGINX_GZIP if gzip else ""
        self.buffering = "on" if buffered or cache else "off"

    def version(self):
        text = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
        return re.search(r"nginx/(\S+)", text).group(1)

    def command(self, place):
        config = place.folder / "nginx.conf"
        cache_path = cache = ""
        if self.cache:
            cache_path = f"proxy_cache_path {place.folder}/cache-{place.port} keys_zone=answers:16m use_temp_path=off; open_file_cache max=1000;"
            cache = ("proxy_cache answers; proxy_cache_valid 200 5m; proxy_cache_methods GET; "
                     "proxy_cache_key $request_method$request_uri$http_authorization$http_accept; "
                     "add_header X-Cache $upstream_cache_status;")
        config.write_text(f"""
daemon off; pid {place.folder}/nginx.pid; error_log stderr error; worker_processes 1;
events {{ worker_connections {2 * place.streams + 64}; }}
http {{
  access_log off; default_type application/json; keepalive_requests 1000000000; keepalive_timeout 65;
  client_body_temp_path {place.folder}/body; proxy_temp_path {place.folder}/proxy;
  fastcgi_temp_path {place.folder}/f; uwsgi_temp_path {place.folder}/u; scgi_temp_path {place.folder}/s;
  client_max_body_size 50m; tcp_nodelay on; {self.gzip} {cache_path}
  limit_req_zone $server_name zone=pod:1m rate={RATE}r/s;
  upstream api {{
    server 127.0.0.1:{place.upstream_port} max_fails=0; server 127.0.0.1:{place.upstream_port} max_fails=0;
    keepalive {KEEP}; keepalive_requests 1000000000;
  }}
  map $http_x_request_id $rid {{ default $http_x_request_id; "" $request_id; }}
  server {{
    listen 127.0.0.1:{place.port}; server_name bench;
    location /v1/ {{
      limit_req zone=pod burst=100000 nodelay; {cache}
      proxy_pass https://api; proxy_http_version 1.1; proxy_buffering {self.buffering};
      proxy_ssl_verify on; proxy_ssl_trusted_certificate {place.ca}; proxy_ssl_name localhost;
      proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;
      proxy_next_upstream error timeout http_502 http_503 http_504 non_idempotent; proxy_next_upstream_tries 4;
      proxy_set_header Connection ""; proxy_set_header Host localhost;
      proxy_set_header Authorization "Bearer upstream-key"; proxy_set_header X-Request-Id $rid;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
      proxy_hide_header X-Request-Id; add_header X-Request-Id $rid always;
    }}
  }}
}}
""")
        return ["nginx", "-c", str(config), "-e", "stderr"], None, None


class Haproxy:
    name = "HAProxy"

    def __init__(self, _options):
        pass

    def version(self):
        text = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout
        return re.search(r"version (\S+)", text).group(1)

    def command(self, place):
        config = place.folder / "haproxy.cfg"
        config.write_text(f"""
global
  nbthread 1
  maxconn {place.streams}
  tune.pool-high-fd-ratio 90
defaults
  mode http
  timeout connect 5s
  timeout client 65s
  timeout server 60s
  timeout http-keep-alive 65s
  option http-no-delay
  retries 3
  retry-on conn-failure empty-response 502 503 504
frontend client
  bind 127.0.0.1:{place.port}
  stick-table type integer size 1k expire 10s store http_req_rate(1s)
  http-request track-sc0 int(1)
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {RATE} }}
  unique-id-format %[uuid()]
  http-request set-header X-Request-Id %[unique-id] unless {{ req.hdr(X-Request-Id) -m found }}
  http-request set-var(txn.rid) req.hdr(X-Request-Id)
  http-response set-header X-Request-Id %[var(txn.rid)]
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header Host localhost
  http-request set-header Authorization "Bearer upstream-key"
  option forwardfor
  default_backend api
backend api
  http-reuse always
  server api 127.0.0.1:{place.upstream_port} ssl verify required ca-file {place.ca} sni str(localhost) verifyhost localhost ssl-min-ver TLSv1.3 pool-max-conn {KEEP}
""")
        return ["haproxy", "-db", "-q", "-f", str(config)], None, None


class Holysheep:
    def __init__(self, options, access_log=False, loops="1"):
        self.program = pathlib.Path(options.build) / "holysheep-proxy"
        self.access_log = access_log
        self.loops = loops
        self.name = "HolySheep + access log" if access_log else "HolySheep"

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def command(self, place):
        environment = {
            "PATH": os.environ["PATH"],
            "API_BASE_URL": f"https://localhost:{place.upstream_port}/v1",
            "SSL_CERT_FILE": str(place.ca),
            "HOLYSHEEP_API_KEY": "upstream-key",
            "LISTEN_ADDRESS": "127.0.0.1",
            "LISTEN_PORT": str(place.port),
            "ADMIN_PORT": "0",
            "WORKER_PROCESSES": self.loops,
            "WORKER_CONNECTIONS": str(place.streams),
            "UPSTREAM_KEEPALIVE": str(KEEP),
            "UPSTREAM_MAX_CONNECTIONS": str(place.streams),
            "RATE_LIMIT_PER_SECOND": str(RATE),
            "LOG_LEVEL": "info" if self.access_log else "error",
        }
        log = open(place.folder / "access.log", "wb") if self.access_log else None
        return [str(self.program)], environment, log
