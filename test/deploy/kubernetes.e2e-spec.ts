import { describe, expect, it } from '@jest/globals';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { startGateway } from '../support/gateway.js';
import { readStages, valuesOf } from './support/dockerfile.js';

const FOLDER = 'deploy/kubernetes';
const read = (name: string): unknown => parse(readFileSync(`${FOLDER}/${name}`, 'utf8'));

/** Each file, and the class that knows the schema of what it holds. */
const KINDS = {
  'autoscaler.yaml': HorizontalPodAutoscaler,
  'deployment.yaml': Deployment,
  'disruption-budget.yaml': PodDisruptionBudget,
  'network-policy.yaml': NetworkPolicy,
  'secret.example.yaml': Secret,
  'service-monitor.yaml': ServiceMonitor,
  'service.yaml': Service,
} as const;

type Data<File extends keyof typeof KINDS> = NonNullable<ConstructorParameters<(typeof KINDS)[File]>[0]>;

const deployment = read('deployment.yaml') as Data<'deployment.yaml'>;
const pod = deployment.spec?.template.spec;
const container = pod?.containers[0];
const secret = (read('secret.example.yaml') as Data<'secret.example.yaml'>).stringData ?? {};
const config = parseConfig(readFileSync(`${FOLDER}/gateway.yaml`, 'utf8'), secret, 'gateway.yaml');
const portNamed = (name: string): number | undefined =>
  container?.ports?.find((port) => port.name === name)?.containerPort;
const { resources, ...kustomization } = read('kustomization.yaml') as {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
};

describe('the manifests for Kubernetes', () => {
  it('are all known to Kustomize, but for the example of a secret', () => {
    const others = ['kustomization.yaml', 'gateway.yaml', 'secret.example.yaml'];
    expect([...resources, ...others].toSorted()).toEqual(readdirSync(FOLDER).toSorted());
    expect(Object.keys(KINDS).toSorted()).toEqual([...resources, 'secret.example.yaml'].toSorted());
    const { status, stdout } = spawnSync('kubectl', ['kustomize', FOLDER], { encoding: 'utf8' });
    // Where there is no kubectl, this has to do.
    if (status === 0) expect(stdout.match(/^kind: /gm)).toHaveLength(resources.length + 1);
    else expect(kustomization.configMapGenerator).toEqual([{ name: 'task-gateway', files: ['gateway.yaml'] }]);
  });

  it.each(Object.entries(KINDS))('%s is what its schema says', (name, Kind) => {
    const data = read(name) as { readonly kind: string; readonly apiVersion: string };
    expect(data).toMatchObject({ kind: Kind.kind, apiVersion: Kind.apiVersion });
    new Kind(data as never).validate();
    const wrong = { ...data, spec: 'nonsense', stringData: 1 };
    expect(() => new Kind(wrong as never).validate()).toThrow();
  });

  it('name ports, a configuration and secrets that the program has', () => {
    expect([portNamed('http'), portNamed('admin')]).toEqual([config.server.port, config.admin?.port]);
    expect(config.server.host).toBe('0.0.0.0');
    const mount = container?.volumeMounts?.[0]?.mountPath ?? '';
    expect(container?.env).toEqual([{ name: 'GATEWAY_CONFIG', value: `${mount}/gateway.yaml` }]);
    expect(container?.envFrom).toEqual([{ secretRef: { name: 'task-gateway' } }]);
    const used = readFileSync(`${FOLDER}/gateway.yaml`, 'utf8').match(/(?<=\$\{)\w+(?=\})/g) ?? [];
    expect(Object.keys(secret).toSorted()).toEqual([...new Set(used)].toSorted());
    const ports = (read('service.yaml') as Data<'service.yaml'>).spec?.ports ?? [];
    expect(ports.map(({ targetPort }) => targetPort)).toEqual(['http', 'admin']);
    const [endpoint] = (read('service-monitor.yaml') as Data<'service-monitor.yaml'>).spec.endpoints;
    expect([endpoint?.port, endpoint?.authorization?.credentials?.key]).toEqual(['admin', 'ADMIN_TOKEN']);
    const { ingress = [] } = (read('network-policy.yaml') as Data<'network-policy.yaml'>).spec ?? {};
    expect(ingress.flatMap((rule) => rule.ports?.map(({ port }) => port))).toEqual(['http', 'admin']);
  });

  it('give a pod that ends the time that the gateway takes', () => {
    const { drainSeconds, shutdownSeconds } = config.server;
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(shutdownSeconds);
    const { periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {};
    expect(drainSeconds).toBeGreaterThan(2 * periodSeconds * failureThreshold);
  });

  it('run the image as it is made: read-only, as nobody', () => {
    const [user] = valuesOf(readStages().at(-1) ?? { base: '', instructions: [] }, 'USER');
    expect(`${pod?.securityContext?.runAsUser}:${pod?.securityContext?.runAsGroup}`).toBe(user);
    expect(container?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    const { version } = JSON.parse(readFileSync('apps/gateway/openapi.json', 'utf8')).info as {
      readonly version: string;
    };
    expect(container?.image).toBe(`task-gateway:${version}`);
  });

  it('probe paths that the gateway answers', async () => {
    const { get, close } = await startGateway();
    const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
    for (const probe of probes) expect((await get(probe?.httpGet?.path ?? '')).status).toBe(200);
    await close();
  });
});
