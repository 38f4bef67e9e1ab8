import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, eventStream, hangUp, json, RecordingServer } from './recording-server.js';

let server: RecordingServer;
beforeEach(async () => {
  server = await RecordingServer.start();
});
afterEach(() => server.stop());

const event = (n: number) => ({ object: 'fine_tuning.job.event', id: `ftevent-${n}`, message: `m${n}` });
const frame = (n: number): string => `id: ${n}\ndata: ${JSON.stringify(event(n))}\n\n`;
const page = (...numbers: number[]) => json(200, { object: 'list', data: numbers.map(event), has_more: false });
const job = (status: string) => json(200, { object: 'fine_tuning.job', id: 'ftjob-1', status });

async function followed(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of server.client().jobs.events('ftjob-1', { follow: true })) ids.push(id);
  return ids;
}

describe('jobs.events', () => {
  it('gives what has happened so far, oldest first', async () => {
    server.script(json(200, { data: [event(3), event(2)], has_more: true }), page(1));
    const ids: string[] = [];
    for await (const { id } of server.client().jobs.events('ftjob-1')) ids.push(id);
    expect(ids).toEqual(['ftevent-1', 'ftevent-2', 'ftevent-3']);
  });

  it('follows a stream to the end of the job, past comments and messages of other kinds', async () => {
    server.script(eventStream(`: warming\n\n${frame(1)}data: [DONE]\n\n${frame(2)}`), job('succeeded'), page(2, 1));
    expect(await followed()).toEqual(['ftevent-1', 'ftevent-2']);
    expect(server.requests[0]?.url).toBe('/v1/fine_tuning/jobs/ftjob-1/events?stream=true');
    expect(server.requests[0]?.headers.accept).toContain('text/event-stream');
  });

  it('resumes a broken stream after the last event it has seen', async () => {
    server.script(eventStream(frame(1) + frame(2), { cut: true }));
    server.script(eventStream(frame(2) + frame(3)), job('failed'), page(3, 2, 1));
    expect(await followed()).toEqual(['ftevent-1', 'ftevent-2', 'ftevent-3']);
    expect(server.requests[1]?.headers['last-event-id']).toBe('2');
  });

  it('opens the stream again when it closes before the job has ended', async () => {
    server.script(eventStream(frame(1)), job('running'), page(1));
    server.script(eventStream(frame(2)), job('cancelled'), page(3, 2, 1));
    expect(await followed()).toEqual(['ftevent-1', 'ftevent-2', 'ftevent-3']);
  });

  it('lists instead where the server does not stream', async () => {
    server.script(page(1), job('running'), page(2, 1), job('succeeded'), page(4, 3, 2, 1));
    expect(await followed()).toEqual(['ftevent-1', 'ftevent-2', 'ftevent-3', 'ftevent-4']);
    expect(server.sleeps).toEqual([1_000]);
  });

  it('gives up when the server stays away, and does not retry what cannot get better', async () => {
    server.script(...Array.from({ length: 1_000 }, () => hangUp));
    await expect(followed()).rejects.toMatchObject({ code: 'connection_error' });
    const waitedMs = server.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(waitedMs).toBeGreaterThan(600_000);
    expect(waitedMs).toBeLessThan(610_000);
    const fresh = await RecordingServer.start();
    fresh.script(json(404, { error: { message: 'no such job', code: 'not_found' } }));
    await expect(fresh.client().jobs.wait('nope')).rejects.toMatchObject({ status: 404 });
    await fresh.stop();
  });

  it('outlasts minutes without an answer, and a server that is busy', async () => {
    server.script(eventStream(frame(1), { cut: true }), ...Array.from({ length: 300 }, () => hangUp));
    const busy = json(429, { error: { message: 'too many streams' } }, { 'x-should-retry': 'false' });
    server.script(busy, eventStream(frame(2)), job('succeeded'), page(2, 1));
    expect(await followed()).toEqual(['ftevent-1', 'ftevent-2']);
  });

  it('counts an outage from where a stream broke, however long ago an earlier one did', async () => {
    server.script(eventStream(frame(1), { cut: true }), eventStream(frame(2), { cut: true }));
    server.script(eventStream(frame(3)), job('succeeded'), page(3, 2, 1));
    const ids: string[] = [];
    for await (const { id } of server.client().jobs.events('ftjob-1', { follow: true, maxOutageMs: 60_000 })) {
      ids.push(id);
      if (id === 'ftevent-2') server.sleeps.push(3_600_000);
    }
    expect(ids).toEqual(['ftevent-1', 'ftevent-2', 'ftevent-3']);
  });

  it('gives up on a server that opens streams and breaks each of them', async () => {
    server.script(...Array.from({ length: 1_000 }, () => eventStream('', { cut: true })));
    const options = { follow: true, maxOutageMs: 60_000 };
    const events = server.client().jobs.events('ftjob-1', options)[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toThrow();
    expect(server.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(70_000);
  });

  it('opens a stream again that has died without a word', async () => {
    const dead: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame(1));
    };
    server.script(dead, eventStream(frame(2)), job('succeeded'), page(2, 1));
    const ids: string[] = [];
    const options = { follow: true, idleTimeoutMs: 50 };
    for await (const { id } of server.client().jobs.events('ftjob-1', options)) ids.push(id);
    expect(ids).toEqual(['ftevent-1', 'ftevent-2']);
  });

  it('waits for the end and returns the job', async () => {
    server.script(eventStream(frame(1)), job('succeeded'), page(1));
    const seen: string[] = [];
    const done = await server.client().jobs.wait('ftjob-1', { onEvent: ({ message }) => seen.push(message) });
    expect(seen).toEqual(['m1']);
    expect(done.status).toBe('succeeded');
  });

  it('asks for nothing once it has read the end, so that an outage there loses nothing', async () => {
    server.script(eventStream(frame(1)), job('failed'), page(1), ...Array.from({ length: 9 }, () => hangUp));
    expect((await server.client().jobs.wait('ftjob-1')).status).toBe('failed');
  });
});
