# Sallyport in a container: Node 24 and no build step of ours; a process without rights, on a root that nobody can write to.
# test/image checks what these files must hold, and carries out the steps in an empty folder.
FROM node:24-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
# argon2 for processors with AVX2, beside the portable build that came with the package: config/container-start.sh chooses.
RUN if [ "$(uname -m)" = x86_64 ]; then \
      export CFLAGS='-O3 -march=x86-64-v3' CXXFLAGS='-O3 -march=x86-64-v3' \
        npm_config_build_from_source=true npm_config_nodedir=/usr/local && \
      npm rebuild argon2 && mkdir argon2-avx2 && mv node_modules/argon2/build argon2-avx2/build; \
    fi
COPY src ./src
COPY views ./views
COPY config ./config

FROM node:24-bookworm-slim
ENV NODE_ENV=production SALLYPORT_HOST=0.0.0.0 SALLYPORT_DATA=/app/data
WORKDIR /app
COPY --from=build /app ./
RUN mkdir -p data node_modules/.cache && chown node:node data node_modules/.cache
USER node
# The compile cache belongs to the user that fills it: a first start is then as fast as a second one.
RUN SALLYPORT_DATA=/tmp/warm SALLYPORT_LOG_LEVEL=error timeout 10 sh config/container-start.sh start > /dev/null; rm -rf /tmp/warm
VOLUME /app/data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SALLYPORT_PORT ?? 3000}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sh", "config/container-start.sh"]
CMD ["start"]
