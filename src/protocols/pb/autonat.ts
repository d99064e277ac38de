// @ts-nocheck
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface AutoNATMessage {
  type?: number
  dial?: DialRequest
  dialResponse?: DialAnswer
}

export namespace AutoNATMessage {
  let _codec: Codec<AutoNATMessage>

  export const codec = (): Codec<AutoNATMessage> => {
    if (_codec == null) {
      _codec = message<AutoNATMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.type != null) {
          w.uint32(8)
          w.uint32(obj.type)
        }

        if (obj.dial != null) {
          w.uint32(18)
          DialRequest.codec().encode(obj.dial, w)
        }

        if (obj.dialResponse != null) {
          w.uint32(26)
          DialAnswer.codec().encode(obj.dialResponse, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.type = reader.uint32()
              break
            }
            case 2: {
              obj.dial = DialRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.dial
              })
              break
            }
            case 3: {
              obj.dialResponse = DialAnswer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.dialResponse
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.type`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield * DialRequest.codec().stream(reader, reader.uint32(), `${prefix}.dial`, {
                limits: opts.limits?.dial
              })

              break
            }
            case 3: {
              yield * DialAnswer.codec().stream(reader, reader.uint32(), `${prefix}.dialResponse`, {
                limits: opts.limits?.dialResponse
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AutoNATMessageTypeFieldEvent {
    field: '$.type'
    value: number
  }

  export interface AutoNATMessageDialPeerIdFieldEvent {
    field: '$.dial.peer.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AutoNATMessageDialPeerAddrsFieldEvent {
    field: '$.dial.peer.addrs[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface AutoNATMessageDialResponseStatusFieldEvent {
    field: '$.dialResponse.status'
    value: number
  }

  export interface AutoNATMessageDialResponseStatusTextFieldEvent {
    field: '$.dialResponse.statusText'
    value: string
  }

  export interface AutoNATMessageDialResponseAddrFieldEvent {
    field: '$.dialResponse.addr'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<AutoNATMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AutoNATMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AutoNATMessage>): AutoNATMessage {
    return decodeMessage(buf, AutoNATMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AutoNATMessage>): Generator<AutoNATMessageTypeFieldEvent | AutoNATMessageDialPeerIdFieldEvent | AutoNATMessageDialPeerAddrsFieldEvent | AutoNATMessageDialResponseStatusFieldEvent | AutoNATMessageDialResponseStatusTextFieldEvent | AutoNATMessageDialResponseAddrFieldEvent> {
    return streamMessage(buf, AutoNATMessage.codec(), opts)
  }
}

export interface DialRequest {
  peer?: DialedPeer
}

export namespace DialRequest {
  let _codec: Codec<DialRequest>

  export const codec = (): Codec<DialRequest> => {
    if (_codec == null) {
      _codec = message<DialRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.peer != null) {
          w.uint32(10)
          DialedPeer.codec().encode(obj.peer, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peer = DialedPeer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.peer
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * DialedPeer.codec().stream(reader, reader.uint32(), `${prefix}.peer`, {
                limits: opts.limits?.peer
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DialRequestPeerIdFieldEvent {
    field: '$.peer.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DialRequestPeerAddrsFieldEvent {
    field: '$.peer.addrs[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DialRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DialRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialRequest>): DialRequest {
    return decodeMessage(buf, DialRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialRequest>): Generator<DialRequestPeerIdFieldEvent | DialRequestPeerAddrsFieldEvent> {
    return streamMessage(buf, DialRequest.codec(), opts)
  }
}

export interface DialedPeer {
  id?: Uint8Array<ArrayBuffer>
  addrs: Uint8Array<ArrayBuffer>[]
}

export namespace DialedPeer {
  let _codec: Codec<DialedPeer>

  export const codec = (): Codec<DialedPeer> => {
    if (_codec == null) {
      _codec = message<DialedPeer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.id != null) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if (obj.addrs != null && obj.addrs.length > 0) {
          for (const value of obj.addrs) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          addrs: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.addrs != null && obj.addrs.length === opts.limits.addrs) {
                throw new MaxLengthError('Decode error - repeated field "addrs" had too many elements')
              }

              obj.addrs.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          addrs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.addrs != null && obj.addrs === opts.limits.addrs) {
                throw new MaxLengthError('Streaming decode error - repeated field "addrs" had too many elements')
              }

              yield {
                field: `${prefix}.addrs[]`,
                index: obj.addrs,
                value: reader.bytes()
              }

              obj.addrs++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DialedPeerIdFieldEvent {
    field: '$.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DialedPeerAddrsFieldEvent {
    field: '$.addrs[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DialedPeer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DialedPeer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialedPeer>): DialedPeer {
    return decodeMessage(buf, DialedPeer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialedPeer>): Generator<DialedPeerIdFieldEvent | DialedPeerAddrsFieldEvent> {
    return streamMessage(buf, DialedPeer.codec(), opts)
  }
}

export interface DialAnswer {
  status?: number
  statusText?: string
  addr?: Uint8Array<ArrayBuffer>
}

export namespace DialAnswer {
  let _codec: Codec<DialAnswer>

  export const codec = (): Codec<DialAnswer> => {
    if (_codec == null) {
      _codec = message<DialAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.status != null) {
          w.uint32(8)
          w.uint32(obj.status)
        }

        if (obj.statusText != null) {
          w.uint32(18)
          w.string(obj.statusText)
        }

        if (obj.addr != null) {
          w.uint32(26)
          w.bytes(obj.addr)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = reader.uint32()
              break
            }
            case 2: {
              obj.statusText = reader.string()
              break
            }
            case 3: {
              obj.addr = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.statusText`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.addr`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DialAnswerStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface DialAnswerStatusTextFieldEvent {
    field: '$.statusText'
    value: string
  }

  export interface DialAnswerAddrFieldEvent {
    field: '$.addr'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<DialAnswer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DialAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialAnswer>): DialAnswer {
    return decodeMessage(buf, DialAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DialAnswer>): Generator<DialAnswerStatusFieldEvent | DialAnswerStatusTextFieldEvent | DialAnswerAddrFieldEvent> {
    return streamMessage(buf, DialAnswer.codec(), opts)
  }
}
