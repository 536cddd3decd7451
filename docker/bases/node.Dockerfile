# Stands in for node:…-bookworm where no registry can be reached: this machine's Node.js and npm, and Debian's compiler.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3 && rm -rf /var/lib/apt/lists/*
COPY authorities.crt /usr/local/share/authorities.crt
COPY include /usr/local/include/node
COPY npm /usr/local/lib/node_modules/npm
COPY node /usr/local/bin/node
ENV NODE_EXTRA_CA_CERTS=/usr/local/share/authorities.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && node --version && npm --version
CMD ["node"]
