import assert from 'node:assert/strict'
import { appendFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findSource, openSource } from '../../src/files/file-source.ts'
import { failure } from '../support/mesh-node.ts'
import { testFolder } from '../support/test-folder.ts'

async function scene(t: Parameters<typeof testFolder>[0]): Promise<{ folder: string, workspace: string, inside: string, outside: string }> {
  const folder = testFolder(t)
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  const [inside, outside] = [join(workspace, 'plan.txt'), join(folder, 'secret.txt')]
  for (const path of [inside, outside]) await writeFile(path, 'content')
  return { folder, workspace, inside, outside }
}

describe('a file that is to be sent', () => {
  it('is found where it may be sent from, by way of links that stay inside', async (t) => {
    const { workspace, inside } = await scene(t)
    await symlink(inside, join(workspace, 'link'))
    const found = await findSource(join(workspace, 'link'), [workspace])
    assert.deepEqual([found.path, found.bytes], [inside, 7])
  })

  it('is not sent from elsewhere, whatever leads there', async (t) => {
    const { folder, workspace, outside } = await scene(t)
    await symlink(outside, join(workspace, 'link'))
    await symlink(folder, join(workspace, 'way'))
    await mkdir(join(folder, 'workspace-2'))
    await writeFile(join(folder, 'workspace-2', 'x'), '')
    for (const path of [outside, join(workspace, 'link'), join(workspace, 'way', 'secret.txt'), `${workspace}/../secret.txt`, join(folder, 'workspace-2', 'x')]) {
      await failure(findSource(path, [workspace, join(folder, 'nowhere')]), 'NOT_ALLOWED')
    }
    assert.equal((await findSource(outside, undefined)).path, outside)
  })

  it('is a plain file with an absolute path', async (t) => {
    const { workspace } = await scene(t)
    await failure(findSource('/dev/zero', undefined), 'INVALID_ARGUMENT')
    await failure(findSource(workspace, undefined), 'INVALID_ARGUMENT')
    await failure(findSource('plan.txt', undefined), 'INVALID_ARGUMENT')
    await failure(findSource(join(workspace, 'nothing'), undefined), 'NOT_FOUND')
  })

  it('is opened again only while it is the same', async (t) => {
    const { folder, workspace, inside } = await scene(t)
    const source = await findSource(inside, [workspace])
    await (await openSource(source)).close()
    await rename(workspace, join(folder, 'moved'))
    await symlink(join(folder, 'moved'), workspace)
    assert.equal((await failure(openSource(source), 'HASH_MISMATCH')).reason, 'changed')
    const moved = await findSource(join(folder, 'moved', 'plan.txt'), undefined)
    await appendFile(moved.path, '!')
    assert.equal((await failure(openSource(moved), 'HASH_MISMATCH')).reason, 'changed')
  })
})
