/** A certificate for 127.0.0.1 that only those trust who are told to (`NODE_EXTRA_CA_CERTS`). */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runOk } from '../run.ts'

export interface Certificate {
  key: string
  cert: string
  /** The file that holds `cert`. */
  path: string
}

/** Makes the key and the certificate in `folder`, valid for two days. */
export async function createCertificate(folder: string): Promise<Certificate> {
  const [keyPath, path] = [join(folder, 'lark-key.pem'), join(folder, 'lark-certificate.pem')]
  const args = [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=fake Lark', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyPath, '-out', path
  ]
  await runOk({ command: 'openssl', args }, { timeoutMs: 60_000 })
  const [key, cert] = await Promise.all([readFile(keyPath, 'utf8'), readFile(path, 'utf8')])
  return { key, cert, path }
}
