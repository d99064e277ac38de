/** The entry for setup and status commands, which must not load the node. */
import { setupPlugin } from './openclaw/plugin.ts'

export default setupPlugin
