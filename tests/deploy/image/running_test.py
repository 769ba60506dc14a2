"""Both targets at work, under the restrictions that a cluster puts on them."""
import concurrent.futures
import json
import pathlib
import subprocess
import threading
import unittest

import container
import engine
import images
import place
import upstream


class ARunningContainer(unittest.TestCase):
    target = "default"

    @classmethod
    def setUpClass(cls):
        cls.image = images.image(cls.target)
        cls.simulator = upstream.Simulator(place.SIMULATOR)
        cls.addClassCleanup(cls.simulator.close)

    def run_with(self, memory="128m", options=(), **settings):
        """A container that ends with the test."""
        return self.enterContext(container.running(self.image, self.simulator, memory, options, **settings))

    def assert_answers(self, port):
        answer = upstream.chat(port)
        text = answer.read()
        self.assertEqual(200, answer.status, text)
        self.assertIn("choices", json.loads(text))
        answer = upstream.chat(port, stream=True)
        self.assertEqual(200, answer.status)
        self.assertTrue(answer.read().endswith(b"data: [DONE]\n\n"))

    def test_answers_with_all_rights_taken_away(self):
        running = self.run_with()
        self.assert_answers(running.port)
        status = running.proc("status")
        self.assertRegex(status, r"(?m)^Uid:\t10001\t10001\t10001\t10001$")
        self.assertRegex(status, r"(?m)^CapBnd:\t0+$")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")
        self.assertTrue(running.root_is_read_only())
        self.assertEqual(128 << 20, running.memory_limit())

    def test_serves_a_crowd_in_64_mebibytes(self):
        running = self.run_with("64m", RATE_LIMIT_PER_SECOND="0")
        self.assertEqual(64 << 20, running.memory_limit())
        with concurrent.futures.ThreadPoolExecutor(40) as crowd:
            answers = list(crowd.map(lambda i: upstream.chat(running.port, stream=i % 2 == 0).read(), range(600)))
        self.assertTrue(all(b"[DONE]" in text or b'"choices"' in text for text in answers))
        state = running.state()
        self.assertEqual((True, False, 0), (state["Running"], state["OOMKilled"], running.killed_for_memory()))
        print(f"most resident in 64 MiB: {running.most_resident() / (1 << 20):.1f} MiB; {len(answers)} answers",
              flush=True)

    def test_says_itself_whether_it_is_healthy(self):
        running = self.run_with()
        check = engine.call("podman", "healthcheck", "run", running.name, check=False)
        self.assertEqual(0, check.returncode, check.stdout)
        program = "/usr/local/bin/holysheep-proxy"
        self.assertEqual(1, running.exec(program, "health", options=("-e", "LISTEN_PORT=1")).returncode)

    def test_is_not_called_healthy_when_it_hangs(self):
        running = self.run_with()
        pid = running.state()["Pid"]
        subprocess.run(["kill", "-STOP", str(pid)], check=True)
        try:
            self.assertNotEqual(0, engine.call("podman", "healthcheck", "run", running.name, check=False).returncode)
        finally:
            subprocess.run(["kill", "-CONT", str(pid)], check=True)

    def test_finishes_a_stream_after_stop(self):
        running = self.run_with()
        answer = upstream.chat(running.port, "sim:chunks=15;chunk-delay=100", stream=True)
        self.assertTrue(answer.readline().startswith(b"data: "))
        stop = threading.Thread(target=engine.call, args=("podman", "stop", "--time", "20", running.name))
        stop.start()
        text = answer.read()
        stop.join()
        self.assertTrue(text.endswith(b"data: [DONE]\n\n"), text[-300:])
        self.assertGreater(text.count(b"data: "), 12)
        self.assertEqual(0, running.state()["ExitCode"])

    def test_has_a_shell_for_preStop_only_where_it_says_so(self):
        ended = self.run_with().exec("/bin/sh", "-c", "sleep 0.1")
        self.assertEqual(self.target == "default", ended.returncode == 0, ended.stdout)

    def test_trusts_the_images_own_store(self):
        anchor = f"{self.simulator.ca_folder}/ca.pem:/etc/ssl/certs/{self.simulator.ca_hash()}.0:ro"
        self.assert_answers(self.run_with(options=("-v", anchor), SSL_CERT_FILE="").port)
        self.assertEqual("upstream_tls_error", self.error_of(self.run_with(SSL_CERT_FILE="")))

    def test_knows_the_authorities_that_debian_knows(self):
        mount = pathlib.Path(engine.call("podman", "image", "mount", self.image).stdout.strip())
        self.addCleanup(engine.call, "podman", "image", "umount", self.image)
        store = mount / "etc/ssl/certs"
        self.assertGreater((store / "ca-certificates.crt").read_text().count("BEGIN CERTIFICATE"), 100)
        self.assertGreater(len(list(store.glob("*.0"))), 100)

    def test_asks_the_name_server(self):
        names = upstream.NameServer()
        self.addCleanup(names.close)
        for host, error in (("upstream.test", "upstream_tls_error"), ("nowhere.test", "upstream_dns_error")):
            url = f"https://{host}:{self.simulator.port}/v1"
            running = self.run_with(options=("--dns", names.ADDRESS), API_BASE_URL=url, MAX_RETRIES="0")
            self.assertEqual(error, self.error_of(running), running.logs())

    def test_says_what_is_wrong_with_a_setting_and_ends(self):
        ended = engine.call("podman", "run", "--rm", "-e", "MAX_RETRIES=many", self.image, check=False)
        self.assertEqual(78, ended.returncode)
        self.assertIn("MAX_RETRIES", ended.stdout)

    def error_of(self, running):
        return upstream.chat(running.port).getheader("X-HolySheep-Error")


class ARunningContainerOfMinimal(ARunningContainer):
    target = "minimal"


if __name__ == "__main__":
    unittest.main()
