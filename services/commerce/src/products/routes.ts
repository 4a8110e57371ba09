import * as contract from '@onsale/contracts/commerce';
import { created, implement, ok } from '@onsale/shared/http';
import type { changeProduct } from './change-product.ts';
import type { createProduct } from './create-product.ts';
import type { listAllProducts, listProducts, readProduct, readProductDetail } from './read-products.ts';
import type { restockProduct } from './restock-product.ts';

interface Products {
  readonly createProduct: ReturnType<typeof createProduct>;
  readonly changeProduct: ReturnType<typeof changeProduct>;
  readonly restockProduct: ReturnType<typeof restockProduct>;
  readonly listProducts: ReturnType<typeof listProducts>;
  readonly listAllProducts: ReturnType<typeof listAllProducts>;
  readonly readProduct: ReturnType<typeof readProduct>;
  readonly readProductDetail: ReturnType<typeof readProductDetail>;
}

/** The doors to products: what everybody sees, and what operators set. */
export const productRoutes = (products: Products) => [
  implement(contract.listProducts, async ({ query }) => ok(await products.listProducts(query))),
  implement(contract.readProduct, async ({ params }) => ok(await products.readProduct(params.id))),
  implement(
    contract.createProduct,
    ({ member, body, once }) => products.createProduct({ operatorId: member.id, about: body, once }),
    (product) => created(product, { location: `/api/v1/admin/products/${product.id}` }),
  ),
  implement(contract.changeProduct, async ({ member, params, body }) =>
    ok(await products.changeProduct({ operatorId: member.id, id: params.id, patch: body })),
  ),
  implement(
    contract.restockProduct,
    ({ member, params, body, once }) => products.restockProduct({ operatorId: member.id, id: params.id, quantity: body.quantity, once }),
    (product) => created(product),
  ),
  implement(contract.listAllProducts, async ({ query }) => ok(await products.listAllProducts(query))),
  implement(contract.readProductDetail, async ({ params }) => ok(await products.readProductDetail(params.id))),
];
