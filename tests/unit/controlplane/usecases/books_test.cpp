#include "contract/books_contract.h"
#include "contract/memory_books.h"

namespace kanmon::usecases {

struct MemoryMaker {
    std::unique_ptr<Books> make() { return std::make_unique<MemoryBooks>(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BooksContract, MemoryMaker);

}  // namespace kanmon::usecases
