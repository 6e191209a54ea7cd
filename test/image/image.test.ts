import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadSettings } from '../../src/foundation/settings/index.ts';
import { PASSWORD } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { statusOf } from '../support/instances.ts';
import { HANG_MS } from '../support/pace.ts';
import { freePort } from '../support/port.ts';
import { carryOut, readDockerfile } from './dockerfile.ts';

interface Service {
  image?: string;
  build?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
  secrets?: string[];
  stop_grace_period?: string;
}

const instructions = readDockerfile();
const compose = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
};
const proxy = readFileSync('config/proxy.cfg', 'utf8').replace(/^#.*$/gm, '');
const instances = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);

describe('the image', () => {
  const names = instructions.map(({ name }) => name);
  const last = instructions.slice(names.lastIndexOf('FROM'));
  const ofLast = (name: string) => last.filter((i) => i.name === name).map(({ rest }) => rest);

  test('OPS-5 Node 24, a user without rights, a health check that asks for readiness, and the signal that stops in peace', () => {
    for (const { rest } of instructions.filter(({ name }) => name === 'FROM'))
      expect(rest).toMatch(/^node:24-/);
    expect(ofLast('USER')).toEqual(['node']);
    expect(last.findIndex(({ name }) => name === 'USER')).toBeLessThan(
      last.findIndex(({ name }) => name === 'ENTRYPOINT'),
    );
    expect(ofLast('HEALTHCHECK').join()).toContain('/health/ready');
    expect(ofLast('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(ofLast('ENV').join()).toContain('SALLYPORT_HOST=0.0.0.0');
  });

  test('OPS-5 S13 nothing of the tests, and no secret, gets in', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
    expect(ignored[0]).toBe('*');
    const allowed = ignored.slice(1).map((line) => line.slice(1));
    const copied = instructions
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect([...copied].sort()).toEqual([...allowed].sort());
    expect(
      instructions.filter(
        ({ name, rest }) => ['ENV', 'ARG'].includes(name) && /key|secret|password/i.test(rest),
      ),
    ).toEqual([]);
  });

  test('OPS-5 its steps carried out in an empty folder make a program that starts, is healthy, and writes only to its data', async () => {
    const folder = freshFolder();
    const built = carryOut(instructions, process.cwd(), folder.path);
    const port = String(await freePort());
    const environment = {
      ...built.environment,
      SALLYPORT_PORT: port,
      SALLYPORT_ISSUER: `http://localhost:${port}`,
      SALLYPORT_HOST: '127.0.0.1',
    };
    const modules = readdirSync(join(built.folder, 'node_modules'));
    for (const tool of ['jest', '@biomejs', 'playwright-core', 'node']) expect(modules).not.toContain(tool);
    const [program = '', ...args] = built.command;
    const marker = join(folder.path, 'before-the-start');
    writeFileSync(marker, '');
    const startedAt = statSync(marker).mtimeMs;
    const child = spawn(program, args, { cwd: built.folder, env: environment, stdio: 'ignore' });
    try {
      await eventually(
        () => statusOf(`http://127.0.0.1:${port}/health/ready`),
        (status) => status === 200,
      );
      const [check = '', ...checkArgs] = built.healthCheck;
      expect(spawnSync(check, checkArgs, { env: environment, timeout: HANG_MS }).status).toBe(0);
      // A hash: the library that computes it is the one for this processor.
      const sallyport = (...words: string[]) =>
        spawnSync('sh', ['config/container-start.sh', ...words], {
          cwd: built.folder,
          env: environment,
          input: `${PASSWORD}\n`,
          encoding: 'utf8',
          timeout: HANG_MS,
        });
      expect(sallyport('tenant', 'create', '--client-code', 'ACME').status).toBe(0);
      expect(
        sallyport(
          'account',
          'create',
          '--tenant',
          'ACME',
          '--population',
          'user',
          '--user-name',
          'ann',
          '--password-stdin',
          '--permanent',
        ).status,
      ).toBe(0);
      const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8');
      const hasAvx2 = /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
      expect(maps.includes('argon2-avx2')).toBe(hasAvx2);
      const written = (readdirSync(built.folder, { recursive: true }) as string[]).filter((name) => {
        const found = statSync(join(built.folder, name), { throwIfNoEntry: false });
        return found?.isFile() && found.mtimeMs > startedAt;
      });
      expect(written.filter((name) => !/^(data|node_modules\/\.cache)\//.test(name))).toEqual([]);
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      folder.remove();
    }
  });
});

describe('the compose file', () => {
  test('OPS-5 two instances on a read-only root, without rights, with every setting known', () => {
    expect(instances).toHaveLength(2);
    for (const [, service] of instances) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.ports).toBeUndefined();
      const environment = Object.fromEntries(
        Object.entries(service.environment ?? {}).map(([k, v]) => [k, String(v)]),
      );
      const settings = loadSettings({ environment });
      expect(settings.stores.documents).toMatch(/^mongodb:/);
      expect(settings.stores.ephemeral).toMatch(/^redis:/);
      expect(settings.masterKeyFile).toBe(`/run/secrets/${service.secrets?.[0]}`);
      expect(settings.trustedProxies.length).toBeGreaterThan(0);
      // The notice, ten seconds of draining, and a margin.
      expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(
        settings.stopNoticeSeconds + 12,
      );
    }
  });

  test('P9 OPS-5 Redis never evicts and keeps an append-only file; the stores are not open to the outside', () => {
    const command = compose.services.redis?.command?.join(' ');
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--maxmemory-policy noeviction');
    const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
    expect(published).toEqual(['127.0.0.1:8080:8080']);
    expect(compose.services.mongodb?.image).toMatch(/^mongo:[678]/);
  });

  test('F18 OPS-5 the proxy asks both instances whether they are ready, and is not sticky', () => {
    for (const [name] of instances) expect(proxy).toContain(`${name}:3000 check`);
    expect(proxy).toContain('httpchk GET /health/ready');
    expect(proxy).toContain('balance roundrobin');
    expect(proxy).not.toMatch(/cookie|stick/);
  });

  test('the key that it asks for is made by hand and never kept in the repository', () => {
    const file = compose.secrets['sallyport-master-key']?.file.replace('./', '');
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain(file);
    expect(readFileSync('compose.yaml', 'utf8')).toContain(`openssl rand -hex 32 > ${file}`);
  });
});
