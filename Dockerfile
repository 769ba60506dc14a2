# holysheep-proxy as an image: docs/containers.md has the commands, sizes and flags.
#
#   docker build -t holysheep/proxy:dev .                        with a shell, on Debian
#   docker build --target minimal -t holysheep/proxy:minimal .   the program and its libraries, nothing else
#
# Both run as user 10001 and write to no file of their own.
ARG BASE=debian:bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown

# What changes seldom comes first: the compiler, the settings of the build, the sources.
FROM ${BASE} AS build
WORKDIR /source
COPY scripts/install-deps scripts/install-packages scripts/
RUN scripts/install-deps && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake/
COPY config/models.json config/
COPY dashboard dashboard/
COPY include include/
COPY src src/
COPY scripts/sbom scripts/
ARG VERSION
RUN cmake --preset release -DHOLYSHEEP_TESTS=OFF -DHOLYSHEEP_VERSION="${VERSION#v}" \
 && cmake --build --preset release --target holysheep-proxy \
 && llvm-strip-19 -o /usr/local/bin/holysheep-proxy build/release/holysheep-proxy \
 && mkdir -p /usr/local/share/doc/holysheep-proxy \
 && scripts/sbom build/release/holysheep-proxy /usr/local/share/doc/holysheep-proxy/holysheep-proxy.cdx.json \
 && rm -rf build
# What is part of the program is told beside it (CycloneDX), and under which terms. (Boost's license asks nothing of
# compiled code.)
COPY LICENSE /usr/local/share/doc/holysheep-proxy/
RUN for package in libjs-chart.js nlohmann-json3-dev; do \
      cp "/usr/share/doc/$package/copyright" "/usr/local/share/doc/holysheep-proxy/$package.copyright"; \
    done

# Debian with the libraries. Nobody in it may become somebody else.
FROM ${BASE} AS runtime
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates libfmt9 libspdlog1.10 libssl3 libstdc++6 zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/*.log \
 && groupadd --gid 10001 holysheep \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir / --shell /usr/sbin/nologin holysheep \
 && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /usr/local/share/doc/holysheep-proxy /usr/share/doc/holysheep-proxy/
COPY --from=build /usr/local/bin/holysheep-proxy /usr/local/bin/
# A library that is missing ends the build here, not the first pod.
RUN ["/usr/local/bin/holysheep-proxy", "--version"]

FROM runtime AS minimal-root
COPY deploy/image/minimal-root /usr/local/sbin/
RUN /usr/local/sbin/minimal-root /minimal /usr/local/bin/holysheep-proxy

# No shell, no package manager: a preStop hook is the sleep action, and `kubectl debug` looks into it.
FROM scratch AS minimal
COPY --from=minimal-root /minimal /
ENV PATH=/usr/local/bin
USER 10001:10001
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/holysheep-proxy", "health"]
ENTRYPOINT ["/usr/local/bin/holysheep-proxy"]
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="holysheep-proxy" \
      org.opencontainers.image.description="Stands between a company's programs and the HolySheep LLM API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# With a shell, for a preStop hook that calls /bin/sh and for whoever looks into a pod.
FROM runtime AS default
USER 10001:10001
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/holysheep-proxy", "health"]
ENTRYPOINT ["/usr/local/bin/holysheep-proxy"]
ARG BASE
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="holysheep-proxy" \
      org.opencontainers.image.description="Stands between a company's programs and the HolySheep LLM API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
