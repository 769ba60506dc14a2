"""Both targets as they lie there, and that what is wrong with an image is seen."""
import json
import re
import unittest

import base
import checkout
import engine
import images
import inspection
import place

# One line of a Dockerfile each, and what is said of it; they stand in one image of each target.
PLANTED = {
    "default": (
        ("COPY .env /key\nRUN rm /key", "a layer has a secret: key"),
        ("RUN chmod u+s /bin/mount", "who runs usr/bin/mount becomes somebody else"),
        ("RUN chmod o+w /etc/passwd", "anybody may change etc/passwd"),
        ("RUN head -c 60000000 /dev/zero >/big", "more than 100"),
        ("STOPSIGNAL SIGKILL", "StopSignal is"),
        ("HEALTHCHECK NONE", "the health check is"),
        ('ENTRYPOINT ["/bin/sh", "-c"]', "Entrypoint is"),
        ("EXPOSE 22", "ports: "),
        ("VOLUME /data", "volumes: "),
        ('LABEL org.opencontainers.image.version=""', "label version is"),
        ("ENV HOLYSHEEP_API_KEY=" + checkout.SECRET, "configuration or history has a secret"),
    ),
    "minimal": (
        ("COPY scripts/run /bin/sh", "sh has no place in it"),
        ("COPY big /big", "more than 30"),
    ),
}


class TheImage(unittest.TestCase):
    maxDiff = None

    def test_is_as_promised(self):
        for target in images.TARGETS:
            with self.subTest(target):
                name = images.image(target)
                print(f"\n{target}: {engine.inspect('image', name)['Size'] / 1e6:.1f} MB", flush=True)
                self.assertEqual([], list(inspection.problems(name, target, images.VERSION, images.REVISION)))

    def test_stands_on_a_base_no_smaller_than_debians(self):
        self.assertGreater(engine.inspect("image", base.NAME)["Size"], 70_000_000)

    def test_is_given_nothing_but_what_it_is_built_from(self):
        sent = self.sent_to_the_builder(images.CONTEXT / ".dockerignore")
        self.assertFalse([name for name, content in sent.items() if checkout.SECRET.encode() in content])
        self.assertEqual({"CMakeLists.txt", "CMakePresets.json", "LICENSE", "cmake", "config", "dashboard", "deploy",
                          "include", "scripts", "src"}, {name.split("/")[0] for name in sent})
        self.assertEqual(["config/models.json"], [name for name in sent if name.startswith("config/")])
        self.assertIn("src/main.cpp", sent)

    def test_would_be_given_secrets_without_dockerignore(self):
        empty = place.WORK / "nothing.dockerignore"
        empty.write_text("")
        sent = self.sent_to_the_builder(empty)
        found = {name for name, content in sent.items() if checkout.SECRET.encode() in content}
        self.assertLessEqual(set(checkout.PLANTED), found)

    def sent_to_the_builder(self, ignore):
        """By name, the files of the checkout that a builder gets."""
        everything = place.WORK / "everything.Dockerfile"
        everything.write_text("FROM scratch\nCOPY . /\n")
        name = "localhost/holysheep/everything"
        engine.build(images.CONTEXT, name, "-f", str(everything), "--ignorefile", str(ignore), target="0")
        return {member.name: content for member, content in inspection.files(name) if member.isfile()}

    def test_tells_the_version_it_was_built_as(self):
        for target in images.TARGETS:
            with self.subTest(target):
                told = engine.call("podman", "run", "--rm", images.image(target), "--version").stdout
                wanted = images.VERSION.removeprefix("v") if place.WHOLE_BUILD else self.projects_version()
                self.assertIn(f"holysheep-proxy {wanted}\n", told)

    def test_tells_what_the_program_consists_of(self):
        for target in images.TARGETS:
            with self.subTest(target):
                files = {member.name.removeprefix("./"): content
                         for member, content in inspection.files(images.image(target)) if member.isfile()}
                bill = json.loads(files["usr/share/doc/holysheep-proxy/holysheep-proxy.cdx.json"])
                self.assertEqual("CycloneDX", bill["bomFormat"])
                self.assertLessEqual({"libssl3", "libboost1.81-dev"}, {part["name"] for part in bill["components"]})

    def test_has_the_projects_version_where_none_is_given(self):
        given = re.findall(r"^ARG VERSION=(.*)$", (place.ROOT / "Dockerfile").read_text(), re.M)
        self.assertEqual([self.projects_version()], given)

    def projects_version(self):
        return re.search(r"^project\(\S+ VERSION (\S+)", (place.ROOT / "CMakeLists.txt").read_text(), re.M)[1]

    def test_is_not_taken_for_sound_where_a_fault_is_planted(self):
        for target, planted in PLANTED.items():
            faulty = self.faulty(target, "\n".join(line for line, _ in planted))
            found = list(inspection.problems(faulty, target, images.VERSION, images.REVISION))
            for line, words in (*planted, ("USER 0", "User is")):
                with self.subTest(line):
                    self.assertTrue(any(words in problem for problem in found), found)
            with self.subTest("nothing else is found"):
                self.assertEqual(len(planted) + 1, len(found), found)

    def faulty(self, target, faults):
        folder = place.WORK / f"faulty-{target}"
        (folder / "scripts").mkdir(parents=True)
        (folder / "scripts/run").write_text("#!/bin/sh\n")
        (folder / ".env").write_text(checkout.SECRET)
        (folder / "big").write_bytes(bytes(20_000_000))
        (folder / "Dockerfile").write_text(f"FROM {images.image(target)} AS {target}\nUSER 0\n{faults}\n")
        engine.build(folder, "localhost/holysheep/faulty", "--layers", target=target)
        return "localhost/holysheep/faulty"


if __name__ == "__main__":
    unittest.main()
