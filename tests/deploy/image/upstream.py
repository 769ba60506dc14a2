"""What stands around a container under test: the simulated API on this machine, a name server, a client."""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading


class Simulator:
    """holysheep-simulator and its CA, in a folder that any user may read."""

    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.process = subprocess.Popen([program, "--port", "0", "--make-ca", self.folder / "made"],
                                        stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        self.port = int(re.match(r"listening on https://[^ ]*:(\d+)", said)[1])
        self.ca_folder = self.folder / "ca"
        self.ca_folder.mkdir()
        shutil.copy(self.folder / "made/ca.pem", self.ca_folder)
        os.chmod(self.folder, 0o755)
        os.chmod(self.ca_folder / "ca.pem", 0o644)
        self.url = f"https://localhost:{self.port}/v1"

    def ca_hash(self):
        return subprocess.check_output(["openssl", "x509", "-hash", "-noout", "-in", self.ca_folder / "ca.pem"],
                                       text=True).strip()

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder)


class NameServer:
    """Says 127.0.0.1 for upstream.test (A alone), and of every other name that there is none."""

    ADDRESS = "127.0.0.153"

    def __init__(self):
        self.server = socketserver.UDPServer((self.ADDRESS, 53), self.Question)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    class Question(socketserver.BaseRequestHandler):
        def handle(self):
            asked, answer_to = self.request
            end = asked.index(b"\0", 12)
            known = asked[12:end].lower() == b"\x08upstream\x04test"
            has_address = known and asked[end + 1:end + 3] == b"\0\1"
            header = asked[:2] + (b"\x81\x80" if known else b"\x81\x83") + b"\0\1" + bytes([0, has_address]) + bytes(4)
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if has_address else b""
            answer_to.sendto(header + asked[12:end + 5] + answer, self.client_address)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(port, path):
    """Status and body; status 0 where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def chat(port, model="gpt-4.1", stream=False):
    """The answer, its header read and its body not yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Say hello."}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"Content-Type": "application/json", "Authorization": "Bearer test", "Connection": "close"})
    return connection.getresponse()
