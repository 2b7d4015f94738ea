// npm run openapi: writes docs/openapi.json from the schemas in dist/.
import { writeFileSync } from 'node:fs';
import { describeApi } from '../dist/server/openapi/document.js';

const file = new URL('../docs/openapi.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(describeApi(), null, '\t')}\n`);
