/** The disk that files of peers are written to, behind an interface that tests can fill up. */
import { open, statfs } from 'node:fs/promises'

/** A file that is being written; like `FileHandle`, as far as it is used. */
export interface OpenFile {
  writev: (pieces: Uint8Array[], position: number) => Promise<{ bytesWritten: number }>
  sync: () => Promise<void>
  close: () => Promise<void>
}

export interface Disk {
  /** Opens a file to be written, which is made where it is not there, for its owner only. */
  openForWriting: (path: string) => Promise<OpenFile>
  freeBytes: (folder: string) => Promise<number>
}

/** The machine's. */
export const systemDisk: Disk = {
  openForWriting: async path => await open(path, 'r+').catch(async () => await open(path, 'wx+', 0o600)),
  freeBytes: async (folder) => {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  }
}
