# Stands in for the official image of Redis where no registry can be reached.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
WORKDIR /data
VOLUME /data
CMD ["redis-server", "--protected-mode", "no"]
