/** Another process that writes on the SQLite file in its argument, and takes its time: until it is told to release the lock. */
import { openDatabase } from '#src/storage/sqlite/sqlite-database.ts'

const database = await openDatabase(process.argv[2]!)
database.exec('begin immediate')
process.send?.('held')
process.once('message', () => {
  database.exec('commit')
  database.close()
  process.disconnect()
})
