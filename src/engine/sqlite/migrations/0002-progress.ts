/** What a worker last said of how far it is. */
export const progress = 'ALTER TABLE jobs ADD COLUMN progress TEXT;';
