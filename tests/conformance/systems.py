"""The proxies that the table is run against: each as a gateway in front of the same upstream, with one event loop,
kept upstream connections, no retries, the client's credentials replaced and the way noted."""
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "upstream-secret-key"
CANDIDATES = (10240 + (os.getpid() * 31 + i) % 22528 for i in itertools.count())


def free_port():
    """Below those that the kernel gives to who asks for any: no program started meanwhile gets it."""
    while True:
        port = next(CANDIDATES)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class System:
    """A proxy as a process, for the length of a `with` block; `port` takes clients."""
    name = ""

    def __init__(self, folder, upstream, pass_through=False, **settings):
        """`pass_through`: the client's credentials go upstream; else the proxy's own."""
        self.folder = pathlib.Path(folder) / (self.name + ("-through" if pass_through else ""))
        self.folder.mkdir()
        self.port, self.pass_through, self.settings = free_port(), pass_through, settings
        self.log = self.folder / "log"
        command, environment = self.command(upstream)
        with open(self.log, "wb") as out, open(self.folder / "errors", "wb") as errors:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def __enter__(self):
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.01)
        self.__exit__()
        raise RuntimeError(f"{self.name} does not serve: {(self.folder / 'errors').read_text()}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        complaint = (self.folder / "errors").read_text(errors="replace")
        if "Sanitizer" in complaint:
            raise RuntimeError(complaint)

    def command(self, upstream):
        raise NotImplementedError

    @classmethod
    def available(cls):
        return shutil.which(cls.program) is not None


class Holysheep(System):
    name = "HolySheep"
    program = "holysheep-proxy"

    @staticmethod
    def binary():
        """One built with a sanitizer, say; else that of the build that the tests belong to; else the release build."""
        given = os.environ.get("HOLYSHEEP_PROXY_BINARY") or os.environ.get("HOLYSHEEP_BUILT_PROXY")
        return given or str(ROOT / "build/release/holysheep-proxy")

    @classmethod
    def available(cls):
        return os.access(cls.binary(), os.X_OK)

    @classmethod
    def version(cls):
        return subprocess.run([cls.binary(), "--version"], capture_output=True, text=True).stdout.split()[-1]

    def command(self, upstream):
        self.admin_port = free_port()
        kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS") or name == "PATH"}
        return [self.binary()], kept | {
            "API_BASE_URL": f"https://localhost:{upstream.port}/v1", "SSL_CERT_FILE": str(upstream.ca),
            "HOLYSHEEP_API_KEY": "" if self.pass_through else KEY, "LISTEN_ADDRESS": "127.0.0.1", "LISTEN_PORT": str(self.port),
            "ADMIN_PORT": str(self.admin_port), "WORKER_PROCESSES": "1", "RATE_LIMIT_PER_SECOND": "0",
            "MAX_RETRIES": "0", "CIRCUIT_BREAKER_THRESHOLD": "0", "CACHE_SIZE_MB": "0"} | self.settings


class Nginx(System):
    name = program = "nginx"

    @staticmethod
    def version():
        text = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
        return re.search(r"nginx/(\S+)", text)[1]

    def command(self, upstream):
        config, folder = self.folder / "nginx.conf", self.folder
        credentials = "" if self.pass_through else f'proxy_set_header Authorization "Bearer {KEY}";'
        config.write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off; pid {folder}/nginx.pid; error_log stderr error; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; default_type application/json; client_max_body_size 50m; lingering_timeout 500ms;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream api {{ server 127.0.0.1:{upstream.port} max_fails=0; keepalive 32; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{ return 404; }}
    location /v1/ {{
      proxy_pass https://api; proxy_http_version 1.1; proxy_buffering off;
      proxy_ssl_verify on; proxy_ssl_trusted_certificate {upstream.ca}; proxy_ssl_name localhost;
      proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;
      proxy_set_header Connection ""; proxy_set_header Host localhost;
      {credentials}
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
    }}
  }}
}}
""")
        return ["nginx", "-c", str(config), "-e", "stderr"], None


class Haproxy(System):
    name, program = "HAProxy", "haproxy"

    @staticmethod
    def version():
        text = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout
        return re.search(r"version (\d[\d.]*)", text)[1]

    def command(self, upstream):
        config = self.folder / "haproxy.cfg"
        credentials = "" if self.pass_through else f'http-request set-header Authorization "Bearer {KEY}"'
        config.write_text(f"""
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 65s
  timeout server 60s
  timeout http-keep-alive 65s
  option http-no-delay
  retries 0
frontend client
  bind 127.0.0.1:{self.port}
  http-request deny deny_status 404 unless {{ path_beg /v1/ }}
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header Host localhost
  {credentials}
  option forwardfor
  default_backend api
backend api
  http-reuse always
  server api 127.0.0.1:{upstream.port} ssl verify required ca-file {upstream.ca} sni str(localhost) verifyhost localhost ssl-min-ver TLSv1.3 pool-max-conn 32
""")
        return ["haproxy", "-db", "-q", "-f", str(config)], None


ALL = [Holysheep, Nginx, Haproxy]
