// House rules that no ready-made linter rule states, as an oxlint plugin.

const DECODER = /^(decode|parse)[A-Z]/;

function enclosingNames(node) {
  const names = [];
  for (let at = node.parent; at; at = at.parent) {
    const named = /Function/.test(at.type) ? (at.id ?? at.parent.id ?? at.parent.key) : undefined;
    if (named?.name) names.push(named.name);
  }
  return names;
}

const assertionOutsideDecode = {
  create: (context) => ({
    TSAsExpression(node) {
      const type = node.typeAnnotation;
      const isConst = type.type === 'TSTypeReference' && type.typeName.name === 'const';
      if (isConst || enclosingNames(node).some((name) => DECODER.test(name))) return;
      context.report({
        node,
        message:
          'a type assertion stands only in a function named decode… or parse…: narrow the value instead',
      });
    },
  }),
};

export default { meta: { name: 'house' }, rules: { 'assertion-outside-decode': assertionOutsideDecode } };
