// What the demo has written to people: its mails are files in a folder.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

function decoded(body, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString('utf8');
  if (!/quoted-printable/i.test(encoding)) return body;
  const bytes = body.replaceAll(/=\r?\n/g, '').replaceAll(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const header = (head, name) => head.replaceAll(/\r?\n[ \t]+/g, ' ').match(new RegExp(`^${name}: *(.*)$`, 'im'))?.[1].trim() ?? '';

function cut(text) {
  const at = text.search(/\r?\n\r?\n/);
  return [text.slice(0, at), text.slice(at).replace(/^\r?\n\r?\n/, '')];
}

// The parts of a mail that are no parts of their own: `{ 'text/html': … }`.
function parts(text, found = {}) {
  const [head, body] = cut(text);
  const kind = header(head, 'Content-Type');
  const boundary = kind.match(/boundary="?([^";]+)/)?.[1];
  if (boundary) {
    for (const part of body.split(`--${boundary}`).slice(1, -1)) parts(part.replace(/^\r?\n/, ''), found);
  } else {
    found[kind.split(';')[0].trim() || 'text/plain'] = decoded(body, header(head, 'Content-Transfer-Encoding'));
  }
  return found;
}

function read(file) {
  const raw = readFileSync(file, 'latin1');
  const [head] = cut(raw);
  const { 'text/html': html = '', 'text/plain': text = '' } = parts(Buffer.from(raw, 'latin1').toString('utf8'));
  return { to: header(head, 'To'), subject: header(head, 'Subject'), html, text, links: [...text.matchAll(/https?:\/\/[^\s)>]+/g)].map(([link]) => link) };
}

// The mail to this address with a subject like that, as soon as it is there: mails are written beside the request.
export async function mailTo(folder, address, subject) {
  for (const until = Date.now() + 20_000; ;) {
    const all = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.eml')).map(name => read(join(folder, name))) : [];
    const found = all.findLast(mail => mail.to.includes(address) && subject.test(mail.subject));
    if (found) return found;
    if (Date.now() > until) throw new Error(`no mail to ${address} like ${subject}; there are: ${all.map(mail => `${mail.to}: ${mail.subject}`).join('; ') || 'none'}`);
    await new Promise(done => setTimeout(done, 50));
  }
}
