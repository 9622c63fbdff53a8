# The image of every role: build with the toolchain, run without it, as a user without rights.
#   docker build -t rollcall .

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Only the binary: tests and benches stay out of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p rollcall && cp target/release/rollcall /rollcall

FROM debian:bookworm-slim
# curl asks /readyz (health checks); tzdata and certificates are what the binary reads from the system.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin rollcall
COPY --from=build /rollcall /usr/local/bin/rollcall
USER rollcall
WORKDIR /data
VOLUME /data
ENV ROLLCALL_HTTP__LISTEN=0.0.0.0:7317 ROLLCALL_LOG__FORMAT=json
EXPOSE 7317
STOPSIGNAL SIGTERM
ENTRYPOINT ["rollcall"]
CMD ["serve"]
