/** The plugin's entry: registers channel, tools, gateway methods and commands; the node starts with the channel account. */
import { plugin } from './openclaw/plugin.ts'

export default plugin
