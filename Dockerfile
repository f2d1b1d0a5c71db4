# syntax=docker/dockerfile:1
# Builds what `npm ci && npm run build` builds, and ships that alone: Node, dist, and no package but the two that a shared
# store needs. docs/deploying.md
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json config.schema.json LICENSE ./
COPY scripts scripts
COPY src src
RUN npm run build
# What a shared store needs stays a package of its own: all else is part of dist.
RUN node scripts/store-packages.js /stores

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/dist dist
COPY --from=build /stores/node_modules node_modules
RUN mkdir /config /state && chown node:node /state
USER node
VOLUME /state
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:8787/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["start", "--config", "/config/config.yaml"]
