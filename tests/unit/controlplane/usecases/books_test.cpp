#include "contract/books_contract.h"
#include "contract/certificates_contract.h"
#include "contract/memory_books.h"
#include "contract/people_contract.h"

namespace kanmon::usecases {

struct MemoryMaker {
    std::unique_ptr<Books> make() { return std::make_unique<MemoryBooks>(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BooksContract, MemoryMaker);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, PeopleContract, MemoryMaker);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CertificatesContract, MemoryMaker);

}  // namespace kanmon::usecases
