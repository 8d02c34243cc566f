import { expect, test } from 'vitest';
import { oncePerMember, oncePerMesh } from '../../src/rule/scope.ts';
import { meshOf } from './mesh.ts';

test('what is undefined is made once as well', () => {
  const mesh = meshOf({ 'east/a.yaml': '', 'west/a.yaml': '' });
  let made = 0;
  const ofMesh = oncePerMesh(() => void made++);
  const ofMember = oncePerMember(() => void made++);
  for (let round = 0; round < 3; round++) {
    ofMesh(mesh);
    for (const member of mesh.members) ofMember(mesh, member);
  }
  expect(made).toBe(1 + mesh.members.length);
});
