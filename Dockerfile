# Watchkeeper as a small image: one process, no root, no writes but to /data and /tmp.
#
#   docker build -t watchkeeper .
#   docker build -t watchkeeper --build-arg WITH_EMBEDDED_ENGINE=true .   # with its own store, about 600 MB more

FROM node:24.21.0-bookworm-slim AS build
# Needed only where CLICKHOUSE_URL is not set.
ARG WITH_EMBEDDED_ENGINE=false
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Install scripts stay off: every native part comes prebuilt.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json main.ts app.ts ./
COPY schemas ./schemas
COPY ingest ./ingest
COPY detectors ./detectors
COPY alerting ./alerting
COPY dashboards ./dashboards
RUN npm run --silent build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund
RUN [ "$WITH_EMBEDDED_ENGINE" = true ] || rm -rf node_modules/chdb node_modules/@chdb
# Becomes the data directory: a new volume takes over its owner.
RUN mkdir data

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
ENV WATCHKEEPER_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE watchkeeper.example.yaml ./
COPY schemas/json ./schemas/json
COPY dashboards/queries ./dashboards/queries
COPY docker/healthcheck.mjs ./docker/healthcheck.mjs
COPY --from=build --chown=10001:10001 /app/data /data
USER 10001:10001
VOLUME /data
EXPOSE 7077
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "docker/healthcheck.mjs"]
# A larger young generation: a tenth less processor time where lines come in fast, up to 190 MB more memory.
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/main.js"]
CMD ["up"]
