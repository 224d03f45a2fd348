import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spells } from './testing/encodings.js';
import { REDACTED, redactLoose, redactObject, redactText } from './redact.js';

const PLANTED = 'Pl4nted-S3cret';

describe('redactText', () => {
  it.each([
    `password=${PLANTED}`,
    `"password" : "${PLANTED}"`,
    `adminPass: '${PLANTED}' is too weak`,
    `X-Auth-Token: ${PLANTED}`,
    `{"secret_key":"${PLANTED} with blanks"}`,
    `Authorization: Bearer ${PLANTED}`,
    `verify aksk signature fail, SDK-HMAC-SHA256 Access=${PLANTED}, SignedHeaders=host, Signature=${PLANTED}`,
    `signature mismatch, canonical request: GET\n/v1/\n\nx-auth-token:${PLANTED}\n`,
    `token ${'MIIabc'.repeat(20)}${PLANTED.replaceAll('-', '')} expired`,
    `jwt eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.${PLANTED}`,
    `failed: {"x":"{\\"secret\\":\\"${PLANTED}\\"}"}`,
    `failed: ${JSON.stringify({ x: JSON.stringify({ y: JSON.stringify({ password: PLANTED }) }) })}`,
    `failed: {"password":"with \\"marks\\" ${PLANTED}"}`,
    `cut off: {"password":"with blanks ${PLANTED}`,
    `labelled: {"a":[{"name":"sasl.password","value":"${PLANTED}"}]}`,
    `labelled: %7B%22param_name%22%3A%22secret_key%22%2C%22param_value%22%3A%22${PLANTED}%22%7D`,
    `nested: {"credentials":{"user":"u","word":"${PLANTED}"}}`,
    `\\u0022secret\\u0022:\\u0022${PLANTED}\\u0022`,
    `&quot;secret&quot;:&quot;${PLANTED}&quot;`,
    `<adminPassword>${PLANTED}</adminPassword>`,
    `GET /a%3Fx%3D1%26password%3D${PLANTED}`,
    `%2522secret%2522%253A%2522${PLANTED}%2522`,
    `payload ${Buffer.from(JSON.stringify({ secret: PLANTED })).toString('base64')}`,
    `payload ${Buffer.from(JSON.stringify({ secret: PLANTED })).toString('hex')}`,
  ])('secret of %p: removed', (text) => {
    expect(redactText(text)).not.toContain(PLANTED);
    expect(redactText(text)).not.toContain(PLANTED.replaceAll('-', ''));
    expect(spells(redactText(text), PLANTED)).toBe(false);
    expect(spells(JSON.stringify(redactObject({ text, [text]: 1 })), PLANTED)).toBe(false);
  });

  it.each([
    ['AK HPUA1234567890ABCDEF is locked', `AK ${REDACTED} is locked`],
    ['no route to 10.1.2.3:8080', 'no route to [address]'],
    ['dial 192.168.0.7 failed', 'dial [address] failed'],
    ['see https://internal.example/path?x=1.', 'see [url]'],
    ['backend iam-01.svc refused', 'backend [host] refused'],
    ['dial tcp 80.158.1.2:443 failed', 'dial tcp [address] failed'],
    ['dial fe80::1%eth0 or [fd00:1234::5] or ::1', 'dial [address] or [[address]] or [address]'],
    ['db-7.eu-de.cloud.example.com refused', '[host] refused'],
    ['connect to mysql-master:3306 failed', 'connect to [host] failed'],
    ['NullPointerException: x\n\tat com.foo.Bar.baz(Bar.java:12)\n\tat a.b(C.java:1)', 'NullPointerException: x'],
    ['bad Cookie: a=b; c=d', `bad Cookie: ${REDACTED}`],
    ["the password is 'hunter2'", `the password is ${REDACTED}`],
    ['line\u0000one\u001b[31m', 'line one [31m'],
  ])('%p: cleaned', (text, clean) => {
    expect(redactText(text)).toBe(clean);
  });

  it.each([
    'The asynchronous task d9ce8c9eede54b3f841ec324fe0bfdc2 does not exist',
    'Incorrect token or token resolution failed',
    'The request parameters must be specified,parameterName:task_id. Please refer to the support documentation',
    'policy user over ratelimit,limit:200,time:1 minute',
    'started at 08:55:53, password is invalid, see APIG.3093 in report.v2.json',
    'order 12345678901234567890 of 20201122334455667788',
    '{"api":"{\\"name\\":\\"a b\\"}"} is not valid: 100%, see &lt;docs&gt;',
    'image aGVsbG8gd29ybGQgb2YgaW1hZ2Vz of d9ce8c9eede54b3f841ec324fe0bfdc2d9ce8c9eede54b3f8',
    'API /v2/pets of group e9e91bff-14b6-4a0b-8377-4ed0813e3360 is not published',
  ])('%p: left as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([' ', '\t\\n', 'a.', 'a-', 'at a(', '1.', 'fe80:', 'password ', 'A', '"'])('many %p: no stall', (piece) => {
    expect(redactText(piece.repeat(100_000)).length).toBeLessThanOrEqual(1024);
  });

  it('long text: cut off', () => {
    fc.assert(fc.property(fc.string({ maxLength: 20_000 }), (text) => redactText(text).length <= 1024));
  });
});

describe('redactLoose', () => {
  it.each([
    ['{"a":1,"password":"x"}', { a: 1, password: REDACTED }],
    [{ a: 1 }, { a: 1 }],
    ['[1]', { items: [1] }],
    ['done', { text: 'done' }],
    [' ', null],
    [null, null],
    [undefined, null],
    [true, null],
  ])('%p: read', (value, object) => {
    expect(redactLoose(value)).toEqual(object);
  });
});

describe('redactObject', () => {
  it('members named like secrets, at any depth and in embedded JSON: without their values', () => {
    const clean = redactObject({
      user: 'app',
      access_user: { adminPass: PLANTED, retry_password: [PLANTED, 7] },
      enable_password: true,
      credentials: { ak: PLANTED, nested: { value: PLANTED } },
      config: JSON.stringify({ level: 1, sk: PLANTED, more: JSON.stringify({ token: PLANTED }) }),
      broken: `{"password":"${PLANTED}"`,
    });
    expect(JSON.stringify(clean)).not.toContain(PLANTED);
    expect(clean).toMatchObject({
      user: 'app',
      enable_password: true,
      access_user: { retry_password: [REDACTED, REDACTED] },
    });
  });

  it.each([
    { 'sasl.jaas.config': `x required username="u" password="${PLANTED}";` },
    { jdbc: `jdbc:mysql://h/db?user=a&password=${PLANTED}` },
    { conn: `amqp://user:${PLANTED}@host:5672` },
    { cmd: `redis-cli -h h password=${PLANTED}` },
    { list: [{ name: 'password', value: PLANTED }] },
    { list: [{ param_name: 'sk', param_value: PLANTED }] },
    { user_pass: PLANTED },
    { 'pass&#119;ord': PLANTED },
    { 'pass%2577ord': [PLANTED] },
    { '\\u0070assword': { value: PLANTED } },
    { adminPass: PLANTED },
    { passcode: PLANTED },
    { obs_ak: PLANTED, obs_sk: PLANTED },
    { encryption_key: PLANTED },
    { auth: `Basic ${PLANTED}` },
    { pem: `-----BEGIN RSA PRIVATE KEY-----\n${PLANTED}\n-----END RSA PRIVATE KEY-----` },
  ])('secret of %j: removed', (object) => {
    expect(JSON.stringify(redactObject(object))).not.toContain(PLANTED);
  });

  it('member that only sounds like a secret: left', () => {
    const object = {
      max_tokens: 5,
      token_count: 7,
      'R&D': 'x%20y',
      compass: 'north',
      public_ip_address: '100.93.2.18',
      host: 'kafka-1.internal:9092',
      topics: [{ name: 'orders', value: '3' }],
    };
    expect(redactObject(object)).toEqual(object);
  });

  it('long text: no stall', () => {
    const names = [
      'token',
      'a',
      'a_',
      'x://',
      'password ',
      'name: token',
      'key=token,',
      'password="',
      'password="\\\\',
      "pwd='",
      'sk={',
      '<token>',
      'eyJ',
    ];
    for (const piece of [...names, '-----BEGIN PRIVATE KEY-----', '\\', '%25', '&amp;', 'QUFB', 'token=\\"'])
      expect(typeof redactObject({ text: piece.repeat(50_000) })['text']).toBe('string');
  });

  it('secret wherever it is put: found', () => {
    const members = fc.constantFrom('password', 'new_Password', 'X-Auth-Token', 'secretKey', 'sk', 'api-key', 'Cookie');
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        members,
        fc.array(fc.boolean(), { maxLength: 3 }),
        (filler, member, levels) => {
          let value: unknown = { [member]: PLANTED, filler };
          for (const embed of levels) value = { inner: embed ? JSON.stringify(value) : value };
          expect(JSON.stringify(redactObject({ value }))).not.toContain(PLANTED);
        },
      ),
    );
  });

  it('__proto__: kept as data', () => {
    const clean = redactObject(JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown>);
    expect(Object.keys(clean)).toEqual(['__proto__']);
    expect((clean as { admin?: boolean }).admin).toBeUndefined();
  });
});
